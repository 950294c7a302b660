"""What the tap needs of the machine below it: memory, threads, disk, compression, Arrow."""

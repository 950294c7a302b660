"""Reports of Fulfilment by Amazon."""

"""The GraphQL schemas of Data Kiosk: names and types, a file per data set."""

"""The Creators API: product data for Associates, over the catalog of the sellers' world.

As strict as Amazon's client lets one see: forms, paths, limits and refusals are those of Amazon's SDK
1.3.0 (bundled in python-amazon-paapi 7.1). Real answers have not been seen; where the SDK says nothing,
the rules of PA-API 5 are taken, as its documentation and public threads show them.
"""

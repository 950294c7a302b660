"""Text becomes rows of typed cells: the doors are `flat_file`, and `json_xml` for nested documents."""

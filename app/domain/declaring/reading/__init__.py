"""From the text of a YAML file to the models, with the line of everything that is wrong."""

"""The pages: what people see and do in a browser, through the same services as the API."""

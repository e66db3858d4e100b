"""The ways in: by password, over an issuer, in the demo by one click; and out again."""

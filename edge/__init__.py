"""The two functions that CloudFront runs at its edges, and what puts them into the template."""

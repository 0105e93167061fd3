"""The publishing portal: judge uploads, commit articles, draw pages, purge the edge."""

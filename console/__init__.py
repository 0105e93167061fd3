"""The operators' command `./portal`: the same for a portal in AWS and for the one of this machine."""

"""The cases, by what they are about. A module registers its cases when it is imported."""

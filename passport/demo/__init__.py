"""A demo city: Casablanca with invented providers, courses and people, made by the product's own verbs."""

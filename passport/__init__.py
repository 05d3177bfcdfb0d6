"""What does a person hold, and whom does she show it to?"""

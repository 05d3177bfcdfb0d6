"""What was awarded and signed, and does it still hold?"""

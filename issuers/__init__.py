"""Who may award what, and with which keys?"""

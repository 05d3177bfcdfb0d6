"""Genuine, current, from someone the city recognises?"""

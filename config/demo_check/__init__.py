"""The five journeys, driven over HTTP as the different people, with what each other role sees.

``manage.py demo_check`` starts a server of its own on a free port with a fresh data folder. Forms
are sent as a browser sends them; nothing reaches into the database.
"""

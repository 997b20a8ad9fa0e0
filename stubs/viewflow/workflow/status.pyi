from django.db import models

class PROCESS(models.TextChoices):
    CANCELED = "CANCELED", "Canceled"
    DONE = "DONE", "Done"
    NEW = "NEW", "New"

class STATUS(models.TextChoices):
    ASSIGNED = "ASSIGNED", "Assigned"
    CANCELED = "CANCELED", "Canceled"
    DONE = "DONE", "Done"
    ERROR = "ERROR", "Error"
    NEW = "NEW", "New"
    REVIVED = "REVIVED", "Revived"
    SCHEDULED = "SCHEDULED", "Scheduled"
    STARTED = "STARTED", "Started"

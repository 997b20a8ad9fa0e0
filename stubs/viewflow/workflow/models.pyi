from contextlib import AbstractContextManager
from typing import Any

from django.conf import settings
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models
from viewflow.workflow.fields import FlowReferenceField, TaskReferenceField, TokenField
from viewflow.workflow.managers import ProcessQuerySet, TaskQuerySet

class AbstractProcess(models.Model):
    flow_class = FlowReferenceField()
    status = models.CharField(max_length=50)
    created = models.DateTimeField()
    finished = models.DateTimeField(null=True)

    objects = models.Manager.from_queryset(ProcessQuerySet)()

    class Meta:
        abstract = True

    @property
    def brief(self) -> str | None: ...
    @property
    def coerced(self) -> Any: ...

class AbstractTask(models.Model):
    flow_task = TaskReferenceField()
    flow_task_type = models.CharField(max_length=50)
    status = models.CharField(max_length=50)
    created = models.DateTimeField()
    assigned = models.DateTimeField(null=True)
    started = models.DateTimeField(null=True)
    finished = models.DateTimeField(null=True)
    scheduled = models.DateTimeField(null=True)
    token = TokenField()
    external_task_id = models.CharField(max_length=50, null=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE)
    owner_permission = models.CharField(max_length=255, null=True)
    owner_permission_content_type = models.ForeignKey(
        ContentType, null=True, on_delete=models.CASCADE
    )
    owner_permission_obj_pk = models.CharField(max_length=255, null=True)
    owner_permission_obj = GenericForeignKey(
        "owner_permission_content_type", "owner_permission_obj_pk"
    )

    objects = models.Manager.from_queryset(TaskQuerySet)()

    class Meta:
        abstract = True

    @property
    def coerced(self) -> Any: ...
    @property
    def coerced_process(self) -> Any: ...
    @property
    def title(self) -> str | None: ...
    @property
    def brief(self) -> str | None: ...
    # The class of the activation is the node's.
    def activation(self) -> AbstractContextManager[Any]: ...

class Process(AbstractProcess):
    data = models.JSONField()
    parent_task = models.ForeignKey(
        "viewflow.Task", null=True, on_delete=models.CASCADE, related_name="subprocesses"
    )
    seed = GenericForeignKey("seed_content_type", "seed_object_id")
    seed_content_type = models.ForeignKey(
        ContentType, null=True, on_delete=models.CASCADE, related_name="+"
    )
    seed_object_id = models.PositiveIntegerField(null=True)
    artifact = GenericForeignKey("artifact_content_type", "artifact_object_id")
    artifact_content_type = models.ForeignKey(
        ContentType, null=True, on_delete=models.CASCADE, related_name="+"
    )
    artifact_object_id = models.PositiveIntegerField(null=True)

class Task(AbstractTask):
    process = models.ForeignKey(Process, on_delete=models.CASCADE)
    previous = models.ManyToManyField("self", symmetrical=False, related_name="leading")
    data = models.JSONField()
    seed = GenericForeignKey("seed_content_type", "seed_object_id")
    seed_content_type = models.ForeignKey(
        ContentType, null=True, on_delete=models.CASCADE, related_name="+"
    )
    seed_object_id = models.PositiveIntegerField(null=True)
    artifact = GenericForeignKey("artifact_content_type", "artifact_object_id")
    artifact_content_type = models.ForeignKey(
        ContentType, null=True, on_delete=models.CASCADE, related_name="+"
    )
    artifact_object_id = models.PositiveIntegerField(null=True)

"""What a sandbox with queues loads when its SQS is first called: loading this module calls one.

The call is for a queue that is not there; it leaves nothing but what moto and botocore have read.
"""

from __future__ import annotations

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.test import Client

Client(DomainDispatcherApplication(create_backend_app)).post(
    "/",
    headers={
        "Authorization": "AWS4-HMAC-SHA256 Credential=A/20261101/eu-west-1/sqs/aws4_request",
        "Content-Type": "application/x-amz-json-1.0",
        "X-Amz-Target": "AmazonSQS.GetQueueUrl",
    },
    json={"QueueName": "absent"},
)

"""The counselor's side: the queue, the live console, who may enter."""

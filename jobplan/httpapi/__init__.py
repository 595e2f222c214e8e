"""The Jobs HTTP API over a registry. spec: api

handle.py     handle(request, registry) → response: values in, values out, no sockets
routes.py     path and method → handler        handlers/     one file per subject
exchange.py   requests and responses           params, inputform, filters: what requests say
app.py        the ASGI application             serve.py      uvicorn around it
blocking, watches, events                      requests that wait for a change
pages/        the status page
"""

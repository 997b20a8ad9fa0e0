from viewflow.this_object import this as this

DEFAULT: object
__version__: str

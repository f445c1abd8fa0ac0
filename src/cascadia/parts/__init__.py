"""Parts: the kind of item that is made, bought or installed. Brings its attributes and their control classes to `items`."""

"""From states to what someone must do: definitions, life cycle and the store of alerts."""

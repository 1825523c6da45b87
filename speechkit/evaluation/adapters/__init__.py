"""Quality judges and speaker embedders behind `speechkit.protocols`; each loads its library when it is made."""

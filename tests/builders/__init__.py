"""The values that many tests make, a module a subject; used by one folder alone they lie beside its tests."""

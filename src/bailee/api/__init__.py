"""HTTP in, problem documents out. The data plane is a thin ASGI app; everything else is the control plane."""

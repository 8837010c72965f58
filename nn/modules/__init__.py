"""What has parameters: modules, layers, and how a module is called and named."""

"""Pictures of models, and of how they trained."""

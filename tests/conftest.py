from hypothesis import settings

# A busy machine is no mistake of the code's.
settings.register_profile("imeval", deadline=None)
settings.load_profile("imeval")

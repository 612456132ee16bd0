import { declareErrors } from '#platform/kernel';

declareErrors({
  secret_unreadable: { status: 500, message: 'A secret at rest cannot be opened.' },
  master_key_missing: {
    status: 500,
    message: 'A secret at rest is sealed under a master key that is not set here.',
  },
  master_key_wrong: { status: 500, message: 'A master key is not the one that sealed what is at rest.' },
  master_keys_unusable: { status: 500, message: 'The file of the master keys cannot be used.' },
});

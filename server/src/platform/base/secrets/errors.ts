import { declareErrors } from '#platform/kernel';

declareErrors({
  secret_unreadable: { status: 500, message: 'A stored secret cannot be decrypted.' },
  master_key_missing: {
    status: 500,
    message: 'A stored secret is encrypted with a master key that is not set here.',
  },
  master_key_wrong: {
    status: 500,
    message: 'A master key is not the one that encrypted the stored secrets.',
  },
  master_keys_unusable: { status: 500, message: 'The file of the master keys cannot be used.' },
});

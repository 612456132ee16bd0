import { declareTags } from 'plinth/product';

declareTags({
  Adiuva: 'An assistant with plans and playbooks.',
  'Adiuva backups': 'Sealed backups of a device.',
  'Adiuva records': 'Encrypted records that devices share; the server can’t read them.',
  'Adiuva vectors': 'Encrypted records found by their embeddings.',
});

import { declareTags } from 'plinth/product';

declareTags({
  'Adiuva plugins': 'Plugins that can be installed, and their ratings.',
  'Adiuva developers': 'Plugins of a developer: versions, keys, earnings.',
  'Adiuva review': 'Plugins that wait for a review.',
});

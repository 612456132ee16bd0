import { declareTags } from 'plinth/product';

declareTags({
  Reel: 'Posts for social networks: generate variants, edit drafts, generate again.',
  'Reel library': 'Pictures and other files for posts.',
});

import { declareTags } from 'plinth/product';

declareTags({
  'Coditect memory': 'Sessions, decisions, patterns and documents that a team’s agents remember.',
});

import { declareTags } from 'plinth/product';

declareTags({
  Prism: 'The profile of a person.',
  'Prism Mirror': 'Conversations that reflect what a person writes.',
  'Prism Turn': 'A question, and another way to look at it.',
  'Prism Lens': 'Goals, and the actions that lead there.',
  'Prism Spectrum': 'What a person’s entries show over time.',
});

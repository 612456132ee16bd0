import { declareTags } from 'plinth/product';

declareTags({
  'Orbit activity': 'What happened in a workspace and its scopes.',
  'Orbit AI': 'Extract, analyze and suggest: work of a model on a scope.',
  'Orbit comments': 'Comments on scopes, their replies, resolved or open.',
  'Orbit documents': 'Files that a scope is extracted from.',
  'Orbit exports': 'A scope as PDF, DOCX or Markdown.',
  'Orbit favourites': 'Scopes that a member keeps at hand.',
  'Orbit for operators': 'Templates that every workspace has.',
  'Orbit live': 'Who edits what, and events of a scope as they happen.',
  'Orbit onboarding': 'The first steps of a new workspace.',
  'Orbit projects': 'Folders of scopes.',
  'Orbit scopes': 'Scopes of work: their text, status and versions.',
  'Orbit sections': 'Sections of a scope, in their order.',
  'Orbit templates': 'Scopes to begin from.',
  'Orbit workspaces': 'A team’s place: its name, logo and members.',
});

import { pageTexts } from '../../text/index.ts';

export const texts = pageTexts({
  new: ['New key', 'Neuer Schlüssel'],
  none: [
    'No key yet. Programs call the API with one: make it by “New key”. It is shown once.',
    'Noch kein Schlüssel. Programme rufen die API mit einem: Mach ihn mit „Neuer Schlüssel“. Er wird einmal gezeigt.',
  ],
  name: ['Name', 'Name'],
  nameExample: ['Nightly import', 'Nächtlicher Import'],
  key: ['Key', 'Schlüssel'],
  may: ['May', 'Darf'],
  of: ['Of', 'Von'],
  everything: ['everything', 'alles'],
  everythingYouMay: ['everything that you may', 'alles, was du darfst'],
  budget: ['Budget a month, US$', 'Budget im Monat, US$'],
  noBudget: ['none of its own', 'kein eigenes'],
  spent: ['Spent this month', 'Verbraucht diesen Monat'],
  used: ['Last used', 'Zuletzt benutzt'],
  never: ['never', 'nie'],
  ends: ['Ends', 'Endet'],
  calls: ['Calls', 'Aufrufe'],
  rotate: ['New secret', 'Neues Geheimnis'],
  revoke: ['Revoke', 'Widerrufen'],
  make: ['Make the key', 'Schlüssel machen'],
  leaveIt: ['Leave it', 'Lassen'],
  once: [
    'The key “{name}” is shown this once. A former secret of it ends within ten seconds.',
    'Der Schlüssel „{name}“ wird nur dieses eine Mal gezeigt. Ein früheres Geheimnis endet binnen zehn Sekunden.',
  ],
  shownBefore: [
    'The key “{name}” was made, and shown before.',
    'Der Schlüssel „{name}“ wurde gemacht und schon gezeigt.',
  ],
  copy: ['Copy', 'Kopieren'],
  kept: ['I have kept it', 'Ich habe ihn'],
});

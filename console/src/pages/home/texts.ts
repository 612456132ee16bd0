import { pageTexts } from '../../text/index.ts';

export const texts = pageTexts({
  plan: ['{plan} plan', 'Tarif {plan}'],
  until: ['until {day}', 'bis {day}'],
  prompt: ['Prompt', 'Eingabe'],
  promptExample: [
    'Write a one-line launch note for a note-taking app',
    'Schreib einen Satz zum Start einer Notiz-App',
  ],
  model: ['Model', 'Modell'],
  send: ['Send', 'Senden'],
  sendUpTo: ['Send · up to {cost}', 'Senden · bis {cost}'],
  stop: ['Stop', 'Anhalten'],
  noLimits: ['Your plan has no limits.', 'Dein Tarif hat keine Limits.'],
  allCalls: ['All calls', 'Alle Aufrufe'],
  noCallYet: [
    'No call yet. Use a product: each call is listed here with its cost.',
    'Noch kein Aufruf. Benutze ein Produkt: Jeder Aufruf steht hier mit seinen Kosten.',
  ],
  noCalls: [
    'No call yet. Send one above, or by the API:',
    'Noch kein Aufruf. Sende oben einen, oder über die API:',
  ],
  tokens: ['{prompt} + {completion} tokens', '{prompt} + {completion} Token'],
  ledgerRow: ['Ledger row', 'Buchung'],
  noModels: [
    'No model is configured. Set OPENAI_API_KEY or another provider, and start the server again.',
    'Es ist kein Modell eingerichtet. Setze OPENAI_API_KEY oder einen anderen Anbieter und starte den Server neu.',
  ],
});

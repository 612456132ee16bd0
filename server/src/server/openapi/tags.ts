import { declareTags } from '#platform/http';

/** Tags of the platform's own calls. */
declareTags({
  Account: 'The account that a call is for: its name, time zone and audit log.',
  Admin: 'For operators: users, accounts, grants, jobs, mails, settings and the state of the server.',
  'AI gateway':
    'Model calls in the protocols of OpenAI, Anthropic and Google, under the limits of the account: chat, embeddings, pictures, speech.',
  'API keys': 'Keys for programs: make, rename, rotate and revoke them; what each may do, its scopes say.',
  Billing: 'Plans, checkouts, subscriptions, credits, invoices and purchases in stores.',
  Brands: 'Names, logos and colours that customers see.',
  Compliance: 'Exports and deletions on request, and their proof.',
  Customers: 'Accounts under ids of your own: make them, read what they may do, and their members.',
  Exports: 'An archive of all data of a person or an organization.',
  Files: 'Uploads and downloads of stored files, whole or in parts.',
  Identity: 'Registration, sign-in, sessions, passwords and addresses.',
  Jobs: 'Work that goes on after the answer: its state and result.',
  Operations: 'Backups, and deliveries of the queue.',
  Organizations: 'Accounts of several people: members, roles, invitations, teams.',
  Permits: 'Ask before a call of your own whether the limits allow it, then settle what it cost.',
  Portal: 'A page for your customers: plan, usage, invoices, payment method, members, keys.',
  Privacy: 'Statistics over accounts by consent, with noise and a budget.',
  'Provider keys': 'Keys of an account at providers of models.',
  'Second factors': 'One-time passwords, passkeys, recovery codes, and a fresh proof of a session.',
  'Single sign-on': 'Sign-in at an organization’s own identity provider.',
  Usage: 'What was used, what it cost, and what was denied.',
  Webhooks: 'Events to your systems, and notifications of stores and providers.',
});

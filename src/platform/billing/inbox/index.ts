export { type BoundCustomer, createInbox, type Inbox, type InboxParts, type SoldAt } from './inbox.ts';
export { inboxRoutes } from './routes.ts';

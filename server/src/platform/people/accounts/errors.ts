import { declareErrors } from '#platform/kernel';

declareErrors({
  customer_unknown: {
    status: 404,
    message: 'There is no customer with this external id. Create it with PUT /v1/customers/{external_id}.',
  },
  customer_archived: {
    status: 409,
    message:
      'This customer is archived, and nothing is done for it. PUT /v1/customers/{external_id} opens it again.',
  },
  customer_closing: {
    status: 409,
    message:
      'The data of this customer is being erased. Within 14 days a PUT with "restore": true takes that back.',
  },
  customer_kind_fixed: {
    status: 409,
    message: 'A customer stays what it was made as: an organization, or personal.',
  },
  last_owner: {
    status: 409,
    message: 'An organization keeps at least one owner. Make someone else an owner first.',
  },
  too_many_organizations: {
    status: 409,
    message:
      'A user can own no more organizations than this. Close one, or make someone else its only owner.',
  },
  already_member: { status: 409, message: 'This user is a member already.' },
  invited_too_often: {
    status: 429,
    message: 'Too many invitations were sent to this email address. Try again in an hour.',
  },
  team_name_taken: { status: 409, message: 'Another team of this organization has this name.' },
  too_many_teams: {
    status: 409,
    message: 'An organization can have no more teams than this. Delete one.',
  },
  already_invited: {
    status: 409,
    message: 'There is an open invitation to this email address. Resend or revoke it.',
  },
  invitation_for_another: {
    status: 403,
    message: 'This invitation was sent to another email address. Sign in as its owner.',
  },
  invitation_expired: { status: 410, message: 'This invitation has expired. Ask for another one.' },
});

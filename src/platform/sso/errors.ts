import { declareErrors } from '#platform/kernel';

declareErrors({
  domain_unfit: {
    status: 400,
    message: 'An organization can only prove a domain of its own, not one at which anybody gets an address.',
  },
  domain_unproven: {
    status: 409,
    message: 'DNS does not show the TXT record of this domain. New records may take an hour to be seen.',
  },
  domain_taken: { status: 409, message: 'Another organization has proven this domain.' },
  too_many_domains: { status: 409, message: 'An organization can claim 20 domains.' },
  dns_unavailable: { status: 503, message: 'DNS does not answer. Try again shortly.' },
  sso_unconfigured: {
    status: 404,
    message: 'There is no single sign-on for this organization or email address.',
  },
  sso_unproven: {
    status: 409,
    message:
      'Single sign-on can be required once a domain is proven and somebody has signed in by it as it is set up now.',
  },
  sso_refused: {
    status: 403,
    message: 'The provider of your organization does not speak for this user here.',
  },
  sso_not_a_member: {
    status: 403,
    message: 'You are no member of this organization, or no longer. Ask its admins to invite you.',
  },
});

drop table identity.admin_invitations;

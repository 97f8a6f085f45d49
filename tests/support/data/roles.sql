-- One statement a line: a server in single-user mode reads line by line.
CREATE ROLE trust_user LOGIN REPLICATION;
CREATE ROLE peer_user LOGIN;
CREATE ROLE cert_user LOGIN;
SET password_encryption = 'md5';
CREATE ROLE md5_user LOGIN PASSWORD 'md5 secret';
SET password_encryption = 'scram-sha-256';
CREATE ROLE password_user LOGIN PASSWORD 'clear secret';
CREATE ROLE scram_user LOGIN PASSWORD 'scram secret';
CREATE ROLE tls_user LOGIN PASSWORD 'tls secret';
CREATE ROLE plain_user LOGIN PASSWORD 'plain secret';
-- SASLprep maps the soft hyphen to nothing and the Roman numeral nine to "IX".
CREATE ROLE saslprep_user LOGIN PASSWORD U&'pass\00ADword \2168';
GRANT ALL ON SCHEMA public TO PUBLIC;

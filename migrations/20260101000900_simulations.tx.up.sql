-- The last simulation of a measure stands on its page: it is found in the audit log.
CREATE INDEX audit_simulations ON audit (municipality_id, subject, at DESC) WHERE act = 'simulate_measure';

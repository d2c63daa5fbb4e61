//! LoadBalancer Services on kind: L1 to L5, and H4.

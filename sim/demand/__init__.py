"""Where shoppers come from: streams, audience, pulses, the host."""

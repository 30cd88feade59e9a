"""How BMCs are asked over Redfish (DMTF DSP0266), on one kept TLS connection each."""

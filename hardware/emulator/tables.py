"""The tables that kernels read: a row for each layer, connection, rule and product."""

from __future__ import annotations

# Kinds of neurons, as the column KIND of the layer table gives them.
CUBA, ALIF, RESONATOR, DELTA, SIGMA_DELTA, SIGMA, RELAY = range(7)
# Kinds of synapses, as the column ENCODING of the connection table gives them.
DENSE, SPARSE, CONVOLUTION = range(3)
# What is sent, as the column MESSAGE of the layer table gives it.
SPIKE, GRADED, VOLTAGE = range(3)

# Columns of the layer table: where its units, sums under way, messages under way and trace begin, with sizes.
# SLOTS counts the steps that sums may be under way, PORTS the ports that anything leads to, HELD the steps
# that messages may be held back, INTEGERS says whether the trace is one of integers.
LAYER_COLUMNS = 25
FIRST, UNITS, KIND, INBOX, SLOTS, PORTS, OUTBOX, HELD, TRAIN, INTEGERS = range(10)
# Columns of a taught layer.
TAUGHT, MARGIN, SHIFT, REST = range(10, 14)
# Columns that only some kinds of neurons read.
MESSAGE, REFRACTORY, SUBTRACT, BY_PHASE, ADAPTS, STEP = range(14, 20)
IN_SHIFT, OUT_SHIFT, CUMULATIVE, RECTIFIES, BINARY = range(20, 25)

# Rows of the parameter table, one column a unit; AXON is the axon's delay.
PARAMETER_ROWS = 8
CURRENT_DECAY, VOLTAGE_DECAY, THRESHOLD, BIAS, DRIVE, THRESHOLD_DECAY, REFRACTORY_DECAY, AXON = range(8)
# The same rows for resonators.
SIN, COS, DRIVE_REAL, DRIVE_IMAG = CURRENT_DECAY, VOLTAGE_DECAY, BIAS, DRIVE

# Rows of the state table, one column a unit; the first four hold the neuron's states in the order of its kind.
STATE_ROWS = 6
M, Y1 = 4, 5

# Columns of the connection table; SOURCE and TARGET are first units, TRACE the first trace or -1 if fixed;
# learned weights stay in LOWEST..HIGHEST. INDEX is where a sparse connection's indices begin, DELAY where a
# dense one's delays do or -1; DIRECT is 1 where the host drives the target in the same step.
CONNECTION_COLUMNS = 31
SOURCE, SOURCES, TARGET, TARGETS, WEIGHT, EXPONENT, TRACE, LOWEST, HIGHEST = range(9)
ENCODING, LAYER, PORT, INDEX, DELAY = range(9, 14)
DIRECT = 30
# Columns of a convolution; stride, padding and dilation take two each, along rows and columns.
TRANSPOSED, GROUPS, HEIGHT, WIDTH, IN_CHANNELS, OUT_CHANNELS, OUT_HEIGHT, OUT_WIDTH = range(14, 22)
ROWS, COLUMNS, STRIDE, PADDING, DILATION = 22, 23, 24, 26, 28
# Columns of the rule table, one row a connection.
EPOCH, X1_IMPULSE, X2_IMPULSE, FIRST_PRODUCT, PRODUCTS, NEEDS_Y1 = range(6)
# Columns of the product table; the last four count how often each factor occurs.
MANTISSA, RIGHT, LEFT, ON_X0, DECIMATION, N_X1, N_X2, N_Y1, N_W = range(9)
# Where a probe looks, and rows of the trace table.
STATES, TRACES, WEIGHTS = range(3)
X1, X2, FIRED_AT = range(3)

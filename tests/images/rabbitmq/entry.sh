#!/bin/sh
# Writes the configuration that the official image makes of these variables.
set -eu
: "${RABBITMQ_DEFAULT_USER:?}" "${RABBITMQ_DEFAULT_PASS:?}" "${RABBITMQ_DEFAULT_VHOST:=/}"
cat > /tmp/rabbitmq.conf <<CONF
listeners.tcp.default = 5672
loopback_users = none
default_user = $RABBITMQ_DEFAULT_USER
default_pass = $RABBITMQ_DEFAULT_PASS
default_vhost = $RABBITMQ_DEFAULT_VHOST
log.console = true
CONF
echo '[rabbitmq_management].' > /tmp/plugins
# What waits does not spin meanwhile: many share few cores here.
export RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="+sbwt none +sbwtdcpu none +sbwtdio none"
exec /usr/lib/rabbitmq/bin/rabbitmq-server

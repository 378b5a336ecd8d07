echo "one of these files ran:"
cat /contents
